using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Transports;

namespace TunnelRpc.Security;

/// <summary>The client's side of the end-to-end TLS handshake. Stateless.</summary>
internal static class TlsDialer
{
    /// <summary>Performs the handshake on a connection that has just been opened.</summary>
    /// <param name="connection">The connection. The result owns it when the handshake succeeds; otherwise the caller does.</param>
    /// <param name="options">The client's settings.</param>
    /// <param name="host">The host of the server's address.</param>
    /// <param name="cancellationToken">Cancels the handshake.</param>
    /// <returns>The connection inside TLS. Its info has a note when the outer TLS uses another certificate than end-to-end TLS.</returns>
    /// <exception cref="TransportException">The connection failed, or the server's certificate is not accepted.</exception>
    /// <exception cref="NotTlsException">The peer does not speak TLS.</exception>
    public static async ValueTask<ITransportConnection> DialAsync(
        ITransportConnection connection, TunnelClientTlsOptions options, string host, CancellationToken cancellationToken)
    {
        var validator = new ServerCertificateValidator(options, options.TargetHost ?? host);
        var expecting = new TlsExpectingConnection(connection);
        var stream = new ConnectionStream(expecting);
        var tls = new SslStream(stream, leaveInnerStreamOpen: true);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = options.TargetHost ?? host,
                    ApplicationProtocols = Tls.ApplicationProtocols,
                    RemoteCertificateValidationCallback = validator.Validate,
                    CertificateChainPolicy = Tls.CreateChainPolicy(options.TrustedRoots),
                    CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                    ClientCertificateContext = options.CertificateContext,
                    AllowRenegotiation = false,
                    AllowTlsResume = false,
                },
                cancellationToken).ConfigureAwait(false);
            Tls.ValidateApplicationProtocol(tls, "server");
            string? note = GetInterceptionNote(connection.Info, host, validator.ServerCertificate);
            return new TlsConnection(tls, expecting, connection.Info with { IsEndToEndEncrypted = true, Note = note });
        }
        catch (Exception failure)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw validator.RefusalReason is { } refusal && !cancellationToken.IsCancellationRequested
                ? new TransportException(refusal, failure) { IsPermanent = true }
                : Tls.TranslateHandshakeException(failure, stream, "server", cancellationToken);
        }
    }

    private static string? GetInterceptionNote(TransportConnectionInfo info, string host, TransportCertificate? endToEnd) =>
        info.ServerCertificate is { } outer && endToEnd is not null && outer.Thumbprint != endToEnd.Thumbprint
            ? $"TLS to {host} was terminated with the certificate {outer.Subject}, issued by {outer.Issuer}; the server's own certificate "
                + $"in end-to-end TLS is {endToEnd.Subject}, issued by {endToEnd.Issuer}. An intermediary between the two (an intercepting "
                + "proxy, or the server's own reverse proxy) can read the outer TLS, but not the bytes inside end-to-end TLS. A server "
                + "that uses two certificates looks the same."
            : null;
}
