namespace TunnelRpc.Client;

/// <summary>Everything that was tried to reach a server, in the order of preference.</summary>
/// <param name="Address">The server; without credentials, which the options refuse here.</param>
/// <param name="Proxy">The explicit proxy, if any; likewise.</param>
/// <param name="Attempts">What came of each transport.</param>
/// <param name="Elapsed">How long it took in all.</param>
public sealed record PathReport(Uri Address, Uri? Proxy, IReadOnlyList<PathAttempt> Attempts, TimeSpan Elapsed)
{
    /// <summary>The attempt whose path carries the session; null when there is none.</summary>
    public PathAttempt? Winner => Attempts.FirstOrDefault(a => a.Outcome == AttemptOutcome.Won);

    /// <summary>The report after the session has moved, or was found unable to: what <paramref name="attempts"/> came to takes the place of what is known of the same transports.</summary>
    internal PathReport WithAttempts(params IEnumerable<PathAttempt> attempts)
    {
        Dictionary<string, PathAttempt> changed = attempts.ToDictionary(a => a.Transport);
        return this with { Attempts = [.. Attempts.Select(a => changed.GetValueOrDefault(a.Transport, a))] };
    }

    /// <summary>A line for the whole and one for each attempt.</summary>
    public override string ToString()
    {
        string through = Proxy is null ? "" : $" through the proxy {Proxy.Scheme}://{Proxy.Authority}";
        string head = Winner is { } winner
            ? $"Reached {Address}{through} by {winner.Transport} in {Elapsed.TotalMilliseconds:F0} ms."
            : Attempts.FirstOrDefault(a => a.Outcome == AttemptOutcome.Disconnected) is { } broken
            ? $"Had a path to {Address}{through} by {broken.Transport}, which was lost."
            : $"Found no path to {Address}{through} in {Elapsed.TotalMilliseconds:F0} ms.";
        return string.Join(Environment.NewLine, [head, .. Attempts.Select(a => "  " + a)]);
    }
}
