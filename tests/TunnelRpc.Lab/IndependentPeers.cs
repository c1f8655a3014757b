using System.ComponentModel;
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
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    private const string Python = "/usr/bin/python3";

    /// <summary>Who has which program; for the message when it is missing.</summary>
    private static readonly Dictionary<string, string> Packages = new() { [Python] = "python3", ["node"] = "nodejs", ["npm"] = "npm" };

    [Theory]
    [InlineData("hello, tunnel")]
    [InlineData("ünïcödé ☃ and rather more than thirty-two bytes of it")]
    public async Task A_script_with_only_a_socket_makes_a_unary_call(string text)
    {
        await using LabServer server = await LabServer.StartAsync();

        string answer = await RunAsync(
            Python,
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
            Python,
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
        // By the lock file: the very packages that were tried, and a failure when it does not fit package.json.
        await RunAsync("npm", directory, "ci", "--no-audit", "--no-fund");
        await using LabServer server = await LabServer.StartAsync(async (peer, cancellationToken) =>
        {
            string hello = await peer.Client.GetStringAsync("/hello", cancellationToken);
            using HttpResponseMessage missing = await peer.Client.GetAsync("/missing", cancellationToken);
            using HttpResponseMessage echo = await peer.Client.PostAsync("/echo", new StringContent("shout this"), cancellationToken);
            string shouted = await echo.Content.ReadAsStringAsync(cancellationToken);
            using HttpResponseMessage quit = await peer.Client.PostAsync("/quit", null, cancellationToken);
            return $"{hello}; {(int)missing.StatusCode}; {shouted}; {await quit.Content.ReadAsStringAsync(cancellationToken)}";
        });

        // Ends the peer when the server's side of the work has not come to its end, where the peer is told to quit.
        using var hang = new CancellationTokenSource(HangTimeout / 2);
        string said = await RunAsync("node", directory, hang.Token, "peer.js", new Uri(server.Address, "/peers").ToString());
        string seen = await server.Peers.Reader.ReadAsync(hang.Token);

        seen.ShouldBe($"hello from node; {(int)HttpStatusCode.NotFound}; SHOUT THIS; bye");
        said.ShouldContain("POST /echo 10");
    }

    private async Task<string> RunAsync(string program, string directory, params string[] arguments)
        => await RunAsync(program, directory, CancellationToken.None, arguments);

    private async Task<string> RunAsync(string program, string directory, CancellationToken cancellationToken, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Start(start);
        Task<string> standardOutput = process.StandardOutput.ReadToEndAsync();
        Task<string> standardError = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync(cancellationToken).WaitAsync(HangTimeout, CancellationToken.None);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{program} did not end by itself. It said: {await standardOutput}{await standardError}", error);
        }

        string said = await standardError;
        output.WriteLine(said);
        return process.ExitCode == 0
            ? await standardOutput
            : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {said}");
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw new InvalidOperationException($"The lab needs {start.FileName}: apt-get install {Packages[start.FileName]}.", error);
        }
    }
}
