using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Transports;

namespace TunnelRpc.Security;

/// <summary>The server's half of end-to-end TLS. Without state.</summary>
internal static class TlsAcceptor
{
    /// <summary>Shakes hands on a connection whose next bytes are a client's TLS.</summary>
    /// <param name="connection">The path; the result's when this succeeds, else the caller's.</param>
    /// <param name="options">What the server offers.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connection inside of TLS, and why the client is to be refused on it; null when it is not.</returns>
    /// <exception cref="TransportException">The path failed, or the client's TLS.</exception>
    public static async ValueTask<(ITransportConnection Connection, string? Refusal)> AcceptAsync(
        ITransportConnection connection, TunnelServerTlsOptions options, CancellationToken cancellationToken)
    {
        var check = new ClientCertificateCheck(options);
        var stream = new ConnectionStream(connection);
        var tls = new SslStream(stream, leaveInnerStreamOpen: true);
        try
        {
            await tls.AuthenticateAsServerAsync((_, hello, _, _) => ValueTask.FromResult(Offer(options, hello.ServerName, check)), null, cancellationToken).ConfigureAwait(false);
            Tls.CheckProtocol(tls, "client");
            return (new TlsConnection(tls, connection, Describe(connection.Info, options, check.Refusal is null ? (X509Certificate2?)tls.RemoteCertificate : null)), check.Refusal);
        }
        catch (Exception failure)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw Tls.Translate(failure, stream, "client", cancellationToken);
        }
    }

    [SuppressMessage("Security", "CA5359:Do not disable certificate validation", Justification = "What the check finds ends the path right after the handshake: so the client is told in words.")]
    private static SslServerAuthenticationOptions Offer(TunnelServerTlsOptions options, string name, ClientCertificateCheck check) => new()
    {
        ServerCertificateContext = options.ContextFor(name) ?? throw new AuthenticationException($"CertificateSelector has no certificate for the name \"{name}\"."),
        ApplicationProtocols = Tls.Protocols,
        ClientCertificateRequired = options.ClientCertificateMode != TunnelClientCertificates.None,
        RemoteCertificateValidationCallback = check.Check,
        CertificateChainPolicy = Tls.ChainPolicy(options.TrustedClientRoots),
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        AllowRenegotiation = false,

        // A resumed handshake shows no certificate again.
        AllowTlsResume = false,
    };

    private static TransportConnectionInfo Describe(TransportConnectionInfo path, TunnelServerTlsOptions options, X509Certificate2? certificate)
    {
        TransportConnectionInfo info = path with { IsEndToEndEncrypted = true, ClientCertificate = certificate };
        return certificate is not null && options.UserOfClientCertificate?.Invoke(certificate) is { } user ? info with { User = user } : info;
    }
}
