namespace TunnelRpc.Client;

/// <summary>The attempt of one transport to open a path. Immutable.</summary>
/// <param name="Transport">The transport's name.</param>
/// <param name="Outcome">The result.</param>
/// <param name="HttpStatus">The HTTP status that refused the attempt; null when none did.</param>
/// <param name="Elapsed">The duration of the attempt, including the handshake.</param>
/// <param name="Reason">
/// The reason for the outcome, as text. For the winner: what the transport noticed on the path, usually an empty string.
/// </param>
public sealed record PathAttempt(string Transport, AttemptOutcome Outcome, int? HttpStatus, TimeSpan Elapsed, string Reason)
{
    /// <summary>Returns the attempt as one line of text.</summary>
    public override string ToString()
    {
        string status = HttpStatus is int code ? $" (HTTP {code})" : "";
        string reason = Reason.Length == 0 ? "" : $": {Reason}";
        return $"{Transport}: {Outcome}{status} after {Elapsed.TotalMilliseconds:F0} ms{reason}";
    }
}
