using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Client;

namespace TunnelRpc.Cli.Connecting;

/// <summary>How a command connects to a server, as its options say. Immutable.</summary>
internal sealed record TunnelSettings
{
    /// <summary>The HTTP proxy, without user info; null for the platform's choice.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>The proxy's credentials; null for none.</summary>
    public NetworkCredential? ProxyCredentials { get; init; }

    /// <summary>The headers of each request to the server.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Whether any certificate is accepted.</summary>
    public bool Insecure { get; init; }

    /// <summary>Whether end-to-end TLS is required.</summary>
    public bool EndToEndTls { get; init; }

    /// <summary>The SHA-256 thumbprint of the end-to-end certificate; null for the platform's validation.</summary>
    public string? Pin { get; init; }

    /// <summary>Sets the options of a client.</summary>
    public void ApplyTo(TunnelClientOptions client)
    {
        client.Proxy = Proxy;
        client.ProxyCredentials = ProxyCredentials;
        client.RemoteCertificateValidationCallback = Insecure ? AcceptAnyCertificate : null;
        foreach ((string name, string value) in Headers)
        {
            client.Headers[name] = value;
        }

        if (EndToEndTls)
        {
            client.EndToEndTls = new TunnelClientTlsOptions
            {
                ServerCertificateValidation = Insecure && Pin is null ? AcceptAnyCertificate : null,
            };
            if (Pin is not null)
            {
                client.EndToEndTls.PinnedCertificates.Add(Pin);
            }
        }
    }

    /// <summary>Writes a warning if certificates are not checked.</summary>
    public Task WarnAsync(TextWriter error) => Insecure
        ? error.WriteLineAsync("Certificates are not checked (--insecure): an intermediary can impersonate the server.")
        : Task.CompletedTask;

    // Only with --insecure, which writes a warning to the error output.
    private static bool AcceptAnyCertificate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate is not null;
}
