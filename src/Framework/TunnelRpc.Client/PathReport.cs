namespace TunnelRpc.Client;

/// <summary>The attempts to open a path to a server. Immutable.</summary>
/// <param name="Address">The server. It contains no credentials, because the options refuse them there.</param>
/// <param name="Proxy">The proxy in use; null for none. It contains no credentials either.</param>
/// <param name="Attempts">The attempt of each transport, in the order of preference.</param>
/// <param name="Elapsed">The duration of all attempts together.</param>
public sealed record PathReport(Uri Address, Uri? Proxy, IReadOnlyList<PathAttempt> Attempts, TimeSpan Elapsed)
{
    /// <summary>The attempt whose path carries the session; null when there is none.</summary>
    public PathAttempt? Winner => Attempts.FirstOrDefault(a => a.Outcome == AttemptOutcome.Won);

    /// <summary>
    /// Returns the report after a migration or a resumption, successful or not: <paramref name="attempts"/> replace those of the same
    /// transports.
    /// </summary>
    internal PathReport WithAttempts(params IEnumerable<PathAttempt> attempts)
    {
        Dictionary<string, PathAttempt> changed = attempts.ToDictionary(a => a.Transport);
        return this with { Attempts = [.. Attempts.Select(a => changed.GetValueOrDefault(a.Transport, a))] };
    }

    private string DescribeStatus()
    {
        int[] statuses = [.. Attempts.Select(a => a.HttpStatus).OfType<int>().Distinct()];
        return statuses is [var status] ? $": the response was {status}" : "";
    }

    /// <summary>Returns a line for the whole report and a line for each attempt.</summary>
    public override string ToString()
    {
        string through = Proxy is null ? "" : $" through the proxy {Proxy.Scheme}://{Proxy.Authority}";
        string head = Winner is { } winner
            ? $"Connected to {Address}{through} by {winner.Transport} in {Elapsed.TotalMilliseconds:F0} ms."
            : Attempts.FirstOrDefault(a => a.Outcome == AttemptOutcome.Disconnected) is { } disconnected
            ? $"The path to {Address}{through} by {disconnected.Transport} was disconnected."
            : $"Found no path to {Address}{through} in {Elapsed.TotalMilliseconds:F0} ms{DescribeStatus()}.";
        return string.Join(Environment.NewLine, [head, .. Attempts.Select(a => "  " + a)]);
    }
}
