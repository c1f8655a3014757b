using TunnelRpc.Transports;

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
    /// <summary>
    /// The addresses of the server, or of the proxy, that the attempt tried, in the order of the tries; at most 64. Empty if the attempt
    /// was not started, or if its transport does not open sockets of its own.
    /// </summary>
    public IReadOnlyList<AddressAttempt> Addresses { get; init; } = [];

    /// <summary>
    /// Returns the attempt as one line of text. It lists the addresses if the attempt tried several and one of them connected;
    /// <see cref="Reason"/> has them if none did.
    /// </summary>
    public override string ToString()
    {
        string status = HttpStatus is int code ? $" (HTTP {code})" : "";
        string reason = Reason.Length == 0 ? "" : $": {Reason}";
        string addresses = Addresses.Count > 1 && Addresses.Any(a => a.Outcome == AddressOutcome.Connected)
            ? $" [{string.Join(", ", Addresses)}]"
            : "";
        return $"{Transport}: {Outcome}{status} after {Elapsed.TotalMilliseconds:F0} ms{reason}{addresses}";
    }
}
