using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Transports;

namespace TunnelRpc.Security;

/// <summary>The server's side of the end-to-end TLS handshake. Stateless.</summary>
internal static class TlsAcceptor
{
    /// <summary>Performs the handshake on a connection whose next bytes are a client's TLS.</summary>
    /// <param name="connection">The connection. The result owns it when the handshake succeeds; otherwise the caller does.</param>
    /// <param name="options">The server's settings.</param>
    /// <param name="cancellationToken">Cancels the handshake.</param>
    /// <returns>The connection inside TLS, and the reason to refuse the client on it; null when the client is accepted.</returns>
    /// <exception cref="TransportException">The connection or the TLS handshake failed.</exception>
    public static async ValueTask<(ITransportConnection Connection, string? Refusal)> AcceptAsync(
        ITransportConnection connection, TunnelServerTlsOptions options, CancellationToken cancellationToken)
    {
        var validator = new ClientCertificateValidator(options);
        var stream = new ConnectionStream(connection);
        var tls = new SslStream(stream, leaveInnerStreamOpen: true);
        try
        {
            await tls.AuthenticateAsServerAsync(
                (_, hello, _, _) => ValueTask.FromResult(CreateServerOptions(options, hello.ServerName, validator)),
                null,
                cancellationToken).ConfigureAwait(false);
            Tls.ValidateApplicationProtocol(tls, "client");
            X509Certificate2? certificate = validator.RefusalReason is null ? (X509Certificate2?)tls.RemoteCertificate : null;
            TransportConnectionInfo info = CreateConnectionInfo(connection.Info, options, certificate);
            return (new TlsConnection(tls, connection, info), validator.RefusalReason);
        }
        catch (Exception failure)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw Tls.TranslateHandshakeException(failure, stream, "client", cancellationToken);
        }
    }

    [SuppressMessage(
        "Security",
        "CA5359:Do not disable certificate validation",
        Justification = "A refused certificate ends the connection right after the handshake, with a message for the client.")]
    private static SslServerAuthenticationOptions CreateServerOptions(
        TunnelServerTlsOptions options, string name, ClientCertificateValidator validator) => new()
        {
            ServerCertificateContext = options.GetCertificateContext(name)
            ?? throw new AuthenticationException($"CertificateSelector has no certificate for the name \"{name}\"."),
            ApplicationProtocols = Tls.ApplicationProtocols,
            ClientCertificateRequired = options.ClientCertificateMode != TunnelClientCertificateMode.NoCertificate,
            RemoteCertificateValidationCallback = validator.Validate,
            CertificateChainPolicy = Tls.CreateChainPolicy(options.TrustedClientRoots),
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            AllowRenegotiation = false,

            // A resumed TLS handshake does not send the client's certificate.
            AllowTlsResume = false,
        };

    private static TransportConnectionInfo CreateConnectionInfo(
        TransportConnectionInfo outer, TunnelServerTlsOptions options, X509Certificate2? certificate)
    {
        TransportConnectionInfo info = outer with { IsEndToEndEncrypted = true, ClientCertificate = certificate };
        return certificate is not null && options.MapClientCertificate?.Invoke(certificate) is { } user ? info with { User = user } : info;
    }
}
