using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using TunnelRpc.Cli.Serving;

namespace TunnelRpc.Cli.Tests;

/// <summary>The server of "tunnelrpc serve", in this process.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestServer(WebApplication app) => _app = app;

    public string Root => _app.Urls.First();

    public string Address => Root + "/tunnel";

    public static async Task<TestServer> StartAsync(string url = "http://127.0.0.1:0", bool endToEndTls = false)
    {
        var options = new ServeOptions([new Uri(url)], "/tunnel") { EndToEndTls = endToEndTls };
        bool needsCertificate = endToEndTls || url.StartsWith("https", StringComparison.Ordinal);
        X509Certificate2? certificate = needsCertificate ? ServerCertificate.Load(options) : null;
        WebApplication app = ProbeServer.Build(options, certificate);
        await app.StartAsync();
        return new TestServer(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
