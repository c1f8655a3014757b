namespace TunnelRpc.Testing.Faults;

/// <summary>How a <see cref="FaultProxy"/> handles <c>Expect: 100-continue</c> (RFC 9110, 10.1.1).</summary>
public enum ContinueHandling
{
    /// <summary>The proxy forwards the expectation to the upstream, and the upstream's 100 to the client.</summary>
    Relay,

    /// <summary>The proxy sends 100 itself and does not forward the expectation, as nginx, Varnish, lighttpd and h2o do.</summary>
    Respond,

    /// <summary>The proxy forwards the expectation and drops the upstream's 100, as tinyproxy and Privoxy do.</summary>
    Suppress,
}
