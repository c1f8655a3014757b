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
        var check = new ClientCertificateValidator(options);
        var stream = new ConnectionStream(connection);
        var tls = new SslStream(stream, leaveInnerStreamOpen: true);
        try
        {
            await tls.AuthenticateAsServerAsync((_, hello, _, _) => ValueTask.FromResult(CreateServerOptions(options, hello.ServerName, check)), null, cancellationToken).ConfigureAwait(false);
            Tls.ValidateApplicationProtocol(tls, "client");
            return (new TlsConnection(tls, connection, CreateConnectionInfo(connection.Info, options, check.RefusalReason is null ? (X509Certificate2?)tls.RemoteCertificate : null)), check.RefusalReason);
        }
        catch (Exception failure)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw Tls.TranslateHandshakeException(failure, stream, "client", cancellationToken);
        }
    }

    [SuppressMessage("Security", "CA5359:Do not disable certificate validation", Justification = "What the check finds ends the path right after the handshake: so the client is told in words.")]
    private static SslServerAuthenticationOptions CreateServerOptions(TunnelServerTlsOptions options, string name, ClientCertificateValidator check) => new()
    {
        ServerCertificateContext = options.GetCertificateContext(name) ?? throw new AuthenticationException($"CertificateSelector has no certificate for the name \"{name}\"."),
        ApplicationProtocols = Tls.ApplicationProtocols,
        ClientCertificateRequired = options.ClientCertificateMode != TunnelClientCertificateMode.NoCertificate,
        RemoteCertificateValidationCallback = check.Validate,
        CertificateChainPolicy = Tls.CreateChainPolicy(options.TrustedClientRoots),
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        AllowRenegotiation = false,

        // A resumed handshake shows no certificate again.
        AllowTlsResume = false,
    };

    private static TransportConnectionInfo CreateConnectionInfo(TransportConnectionInfo path, TunnelServerTlsOptions options, X509Certificate2? certificate)
    {
        TransportConnectionInfo info = path with { IsEndToEndEncrypted = true, ClientCertificate = certificate };
        return certificate is not null && options.MapClientCertificate?.Invoke(certificate) is { } user ? info with { User = user } : info;
    }
}
