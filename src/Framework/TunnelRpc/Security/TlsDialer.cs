using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Transports;

namespace TunnelRpc.Security;

/// <summary>The client's half of end-to-end TLS. Without state.</summary>
internal static class TlsDialer
{
    /// <summary>Shakes hands on a connection that has just been opened.</summary>
    /// <param name="connection">The path; the result's when this succeeds, else the caller's.</param>
    /// <param name="options">What the client wants.</param>
    /// <param name="host">The address's host.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connection inside of TLS; its info has a remark where the path's own TLS was ended by another certificate.</returns>
    /// <exception cref="TransportException">The path failed, or the server is not the one that is wanted.</exception>
    /// <exception cref="NotTlsException">What answered does not speak TLS.</exception>
    public static async ValueTask<ITransportConnection> DialAsync(
        ITransportConnection connection, TunnelClientTlsOptions options, string host, CancellationToken cancellationToken)
    {
        var check = new ServerCertificateValidator(options, options.TargetHost ?? host);
        var path = new TlsExpectingConnection(connection);
        var stream = new ConnectionStream(path);
        var tls = new SslStream(stream, leaveInnerStreamOpen: true);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = options.TargetHost ?? host,
                    ApplicationProtocols = Tls.ApplicationProtocols,
                    RemoteCertificateValidationCallback = check.Validate,
                    CertificateChainPolicy = Tls.CreateChainPolicy(options.TrustedRoots),
                    CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                    ClientCertificateContext = options.CertificateContext,
                    AllowRenegotiation = false,
                    AllowTlsResume = false,
                },
                cancellationToken).ConfigureAwait(false);
            Tls.ValidateApplicationProtocol(tls, "server");
            return new TlsConnection(tls, path, connection.Info with { IsEndToEndEncrypted = true, Note = GetInterceptionNote(connection.Info, host, check.ServerCertificate) });
        }
        catch (Exception failure)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw check.RefusalReason is { } refusal && !cancellationToken.IsCancellationRequested
                ? new TransportException(refusal, failure) { IsPermanent = true }
                : Tls.TranslateHandshakeException(failure, stream, "server", cancellationToken);
        }
    }

    private static string? GetInterceptionNote(TransportConnectionInfo path, string host, TransportCertificate? endToEnd) =>
        path.ServerCertificate is { } outer && endToEnd is not null && outer.Thumbprint != endToEnd.Thumbprint
            ? $"TLS to {host} was ended by a certificate {outer.Subject}, issued by {outer.Issuer}; the server's own, seen end to end, is {endToEnd.Subject}, issued by {endToEnd.Issuer}: "
                + "what stands between the two (an intercepting proxy, or a reverse proxy of the server's own) reads the outer TLS, and not what is inside of the tunnel. A server that uses two certificates looks the same."
            : null;
}
