using System.Net.Security;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using TunnelRpc.Lab;

namespace TunnelRpc.Gateway.Peers;

/// <summary>httpsock, with a Python script that knows the four requests only.</summary>
public sealed class HttpSockTests(RelayProcess relay) : IClassFixture<RelayProcess>
{
    [Fact]
    public async Task Four_requests_carry_bytes_in_both_directions()
    {
        await using ProgramProcess script = ProgramProcess.StartPython("httpsock.py", $"{relay.Root}/sock", "echo");

        await AssertEchoesAsync(script);
    }

    [Fact]
    public async Task TLS_of_Python_runs_inside_to_an_SslStream()
    {
        string roots = Path.GetTempFileName();
        await using WebApplication app = CreateTlsServer();
        try
        {
            await File.WriteAllTextAsync(roots, LabCertificate.RootPem);
            await app.StartAsync();
            await using ProgramProcess script = ProgramProcess.StartPython(
                "httpsock.py", $"{app.Urls.First()}/sock", "tls", "127.0.0.1", roots);

            (await script.ReadEventAsync("secured")).GetProperty("version").GetString()!.ShouldStartWith("TLSv1.");
            await AssertEchoesAsync(script);
        }
        finally
        {
            File.Delete(roots);
        }
    }

    private static async Task AssertEchoesAsync(ProgramProcess script)
    {
        foreach (int length in (int[])[1, 13, 20_000, 60_000])
        {
            JsonElement echoed = await script.ReadEventAsync("echoed");
            echoed.GetProperty("bytes").GetInt32().ShouldBe(length);
        }

        await script.ReadEventAsync("closed");
        (int exitCode, _, string error) = await script.EndAsync();
        (exitCode, error).ShouldBe((0, ""));
    }

    private static WebApplication CreateTlsServer()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        app.MapHttpSock("/sock", async (connection, aborted) =>
        {
            await using var tls = new SslStream(connection.Stream);
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = LabCertificate.Server }, aborted);
            await tls.CopyToAsync(tls, aborted);
        });
        return app;
    }
}
