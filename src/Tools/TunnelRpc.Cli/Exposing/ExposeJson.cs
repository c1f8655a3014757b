namespace TunnelRpc.Cli.Exposing;

/// <summary>
/// A line that --json prints. Properties that an event does not have are left out. Scripts depend on the names, so renaming one is a
/// breaking change (docs/expose.schema.json lists them).
/// </summary>
internal sealed record ExposeJson(string Event, DateTimeOffset Time)
{
    public string? Name { get; init; }

    public Uri? Url { get; init; }

    public Uri? Origin { get; init; }

    public string? Transport { get; init; }

    public string? Reason { get; init; }

    public string? Method { get; init; }

    public string? Path { get; init; }

    public int? Status { get; init; }

    public double? ElapsedMs { get; init; }

    public long? BytesUp { get; init; }

    public long? BytesDown { get; init; }

    public string? Protocol { get; init; }

    public string? Failure { get; init; }

    public static ExposeJson From(ExposeEvent shown, ExposeOptions options) => shown switch
    {
        ClaimedEvent claimed => new("claimed", claimed.Time)
        {
            Name = options.Name,
            Url = claimed.Url,
            Origin = options.Origin,
            Transport = claimed.Transport,
        },
        DisconnectedEvent disconnected => new("disconnected", disconnected.Time) { Reason = disconnected.Reason },
        RequestEvent request => new("request", request.Time)
        {
            Method = request.Method,
            Path = request.Path,
            Status = request.Status,
            ElapsedMs = Math.Round(request.Elapsed.TotalMilliseconds, 3),
            BytesUp = request.BytesUp,
            BytesDown = request.BytesDown,
            Protocol = request.Protocol,
            Failure = request.Failure,
        },
        _ => throw new ArgumentException($"Expected an event that has a form in JSON, got {shown.GetType().Name}.", nameof(shown)),
    };
}
