using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc.Transports;

/// <summary>Where a tunnel goes and what stands on the way. Immutable.</summary>
/// <param name="Address">The URL given to MapTunnelRpc: http or https, absolute, without query and fragment.</param>
public sealed record TunnelEndpoint(Uri Address)
{
    /// <summary>The explicit HTTP proxy (http scheme); null for none.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>The proxy's credentials; never sent to the server. <see cref="CredentialCache.DefaultNetworkCredentials"/> for the process's own account, by Negotiate and NTLM.</summary>
    public NetworkCredential? ProxyCredentials { get; init; }

    /// <summary>Headers for every exchange with the server, for instance Authorization.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Checks the server's certificate, when the platform's own check is not what is wanted.</summary>
    public RemoteCertificateValidationCallback? RemoteCertificateValidationCallback { get; init; }

    /// <summary>What this side shows a server that asks for a certificate (mutual TLS), each with its private key; not disposed.</summary>
    public IReadOnlyList<X509Certificate2> ClientCertificates { get; init; } = [];

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Makes what requests are sent with in place of sockets, for tests; null for sockets.</summary>
    internal Func<HttpMessageHandler>? HttpMessageHandlerFactory { get; init; }
}
