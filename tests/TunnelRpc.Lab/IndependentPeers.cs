using System.Diagnostics;
using System.Globalization;
using System.Net;
using Shouldly;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Lab;

/// <summary>Peers that share no code with us.</summary>
public sealed class IndependentPeers(ITestOutputHelper output)
{
    /// <summary>A hang guard, far above what any case takes.</summary>
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData("hello, tunnel")]
    [InlineData("ünïcödé ☃ and rather more than thirty-two bytes of it")]
    public async Task A_script_with_only_a_socket_makes_a_unary_call(string text)
    {
        await using LabServer server = await LabServer.StartAsync();

        string answer = await RunAsync(
            "/usr/bin/python3",
            AppContext.BaseDirectory,
            "peers/python/unary_call.py",
            "127.0.0.1",
            server.Port.ToString(CultureInfo.InvariantCulture),
            "/tunnel",
            "TunnelRpc.Lab.ILabService",
            "EchoAsync",
            text);

        answer.Trim().ShouldBe(text);
    }

    [Fact]
    public async Task A_script_with_only_a_socket_is_told_what_is_wrong()
    {
        await using LabServer server = await LabServer.StartAsync();

        InvalidOperationException error = await Should.ThrowAsync<InvalidOperationException>(() => RunAsync(
            "/usr/bin/python3",
            AppContext.BaseDirectory,
            "peers/python/unary_call.py",
            "127.0.0.1",
            server.Port.ToString(CultureInfo.InvariantCulture),
            "/tunnel",
            "TunnelRpc.Lab.ILabService",
            "NoSuchMethod",
            "text"));

        error.Message.ShouldContain("status 12");
        error.Message.ShouldContain("TunnelRpc.Lab.ILabService");
    }

    [Fact]
    public async Task The_server_sends_requests_to_npms_reverse_http_peer()
    {
        string directory = Path.Combine(AppContext.BaseDirectory, "peers", "reverse-http");
        await RunAsync("npm", directory, "install", "--no-audit", "--no-fund", "--no-save");
        await using LabServer server = await LabServer.StartAsync(async (peer, cancellationToken) =>
        {
            string hello = await peer.Client.GetStringAsync("/hello", cancellationToken);
            using HttpResponseMessage missing = await peer.Client.GetAsync("/missing", cancellationToken);
            using HttpResponseMessage echo = await peer.Client.PostAsync("/echo", new StringContent("shout this"), cancellationToken);
            string shouted = await echo.Content.ReadAsStringAsync(cancellationToken);
            using HttpResponseMessage quit = await peer.Client.PostAsync("/quit", null, cancellationToken);
            return $"{hello}; {(int)missing.StatusCode}; {shouted}; {await quit.Content.ReadAsStringAsync(cancellationToken)}";
        });

        Task<string> node = RunAsync("node", directory, "peer.js", new Uri(server.Address, "/peers").ToString());
        string seen = await server.Peers.Reader.ReadAsync().AsTask().WaitAsync(Guard);

        seen.ShouldBe($"hello from node; {(int)HttpStatusCode.NotFound}; SHOUT THIS; bye");
        (await node).ShouldContain("POST /echo 10");
    }

    private async Task<string> RunAsync(string program, string directory, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        Task<string> standardOutput = process.StandardOutput.ReadToEndAsync();
        Task<string> standardError = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Guard);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        string said = await standardError;
        output.WriteLine(said);
        return process.ExitCode == 0
            ? await standardOutput
            : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {said}");
    }
}
