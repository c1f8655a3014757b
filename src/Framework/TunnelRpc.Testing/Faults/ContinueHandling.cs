namespace TunnelRpc.Testing.Faults;

/// <summary>What a <see cref="FaultProxy"/> does about <c>Expect: 100-continue</c> (RFC 9110, 10.1.1).</summary>
public enum ContinueHandling
{
    /// <summary>The expectation goes to the upstream, and its 100 comes back.</summary>
    Relay,

    /// <summary>The proxy answers 100 by itself and forwards no expectation, as nginx, Varnish, lighttpd and h2o do.</summary>
    Respond,

    /// <summary>The expectation goes to the upstream, and its 100 is lost, as in tinyproxy and Privoxy.</summary>
    Suppress,
}
