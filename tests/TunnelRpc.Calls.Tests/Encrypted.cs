using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Client;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Calls.Tests;

/// <summary>Options that enable end-to-end TLS on every path, with a certificate on each side.</summary>
internal static class Encrypted
{
    private static readonly X509Certificate2 Server = TestAuthority.Shared.IssueServer("in-memory.invalid", "127.0.0.1");
    private static readonly X509Certificate2 Client = TestAuthority.Shared.IssueClient("test");

    public static void EndToEnd(TunnelOptions options)
    {
        switch (options)
        {
            case TunnelServerOptions server:
                server.EndToEndTls = new TunnelServerTlsOptions
                {
                    Certificate = Server,
                    ClientCertificateMode = TunnelClientCertificateMode.RequireCertificate
                };
                server.EndToEndTls.TrustedClientRoots.Add(TestAuthority.Shared.Root);
                break;
            case TunnelClientOptions client:
                client.EndToEndTls = new TunnelClientTlsOptions { ClientCertificate = Client };
                client.EndToEndTls.TrustedRoots.Add(TestAuthority.Shared.Root);
                break;
        }
    }
}
