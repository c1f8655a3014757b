using System.Net;

namespace TunnelRpc.Transports;

/// <summary>One try to open a TCP connection to an address of the server, or of the proxy. Immutable.</summary>
/// <param name="Address">The address and the port.</param>
/// <param name="Outcome">The result.</param>
/// <param name="Elapsed">The duration of the try.</param>
public sealed record AddressAttempt(IPEndPoint Address, AddressOutcome Outcome, TimeSpan Elapsed)
{
    /// <summary>The platform's text of the failure for <see cref="AddressOutcome.Failed"/>; null for other outcomes.</summary>
    public string? Error { get; init; }

    /// <summary>Returns the try as text, for instance "192.0.2.1:443 refused the connection after 3 ms".</summary>
    public override string ToString()
    {
        string result = Outcome switch
        {
            AddressOutcome.Connected => "connected",
            AddressOutcome.Refused => "refused the connection",
            AddressOutcome.TimedOut => "did not respond",
            AddressOutcome.Unreachable => "is unreachable",
            AddressOutcome.Abandoned => "was abandoned without a response",
            _ => $"failed ({Error})",
        };
        return $"{Address} {result} after {Elapsed.TotalMilliseconds:F0} ms";
    }
}
