namespace TunnelRpc.Client;

/// <summary>What came of one transport.</summary>
/// <param name="Transport">Its name.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="HttpStatus">The HTTP status that refused it, when one did.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Reason">Why, in words; for the winner, what was noticed on its path, mostly nothing.</param>
public sealed record PathAttempt(string Transport, AttemptOutcome Outcome, int? HttpStatus, TimeSpan Elapsed, string Reason)
{
    /// <summary>One line.</summary>
    public override string ToString()
    {
        string status = HttpStatus is int code ? $" (HTTP {code})" : "";
        string reason = Reason.Length == 0 ? "" : $": {Reason}";
        return $"{Transport}: {Outcome}{status} after {Elapsed.TotalMilliseconds:F0} ms{reason}";
    }
}
