using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Transports.Cookies;

namespace TunnelRpc.Transports;

/// <summary>The address of a server, with the proxy, headers and TLS settings to reach it. Immutable.</summary>
/// <param name="Address">The URL of the path given to MapTunnelRpc: http or https, absolute, without query and fragment.</param>
public sealed record TunnelEndpoint(Uri Address)
{
    /// <summary>The explicit HTTP proxy (http scheme). Default null: no proxy.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>
    /// The credentials for the proxy, never sent to the server. Default null: none. <see cref="CredentialCache.DefaultNetworkCredentials"/>
    /// uses the account of the process, with Negotiate or NTLM only.
    /// </summary>
    public NetworkCredential? ProxyCredentials { get; init; }

    /// <summary>Headers that are added to every request to the server, for instance Authorization. Default none.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Validates the server's certificate instead of the platform. Default null: the platform validates it.</summary>
    public RemoteCertificateValidationCallback? RemoteCertificateValidationCallback { get; init; }

    /// <summary>
    /// The client certificates, each with its private key, for a server that requests one (mutual TLS). Default none. The caller disposes
    /// them.
    /// </summary>
    public IReadOnlyList<X509Certificate2> ClientCertificates { get; init; } = [];

    /// <summary>The clock for all timeouts. Default <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>
    /// The cookies that the requests send and the responses set. Null: none is sent but those of <see cref="Headers"/>, and none is stored.
    /// </summary>
    internal PathCookies? Cookies { get; init; }

    /// <summary>Creates the handler that sends requests, for tests that run without sockets; null for sockets.</summary>
    internal Func<HttpMessageHandler>? HttpMessageHandlerFactory { get; init; }
}
