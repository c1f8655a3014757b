using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Shouldly;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Lab;

/// <summary>Peers that share no code with this repository.</summary>
public sealed class IndependentPeers(ITestOutputHelper output)
{
    /// <summary>Turns a hang into a failure: far above the duration of any test case.</summary>
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    private const string Python = "/usr/bin/python3";

    /// <summary>The Debian package of each program, for the message when the program is missing.</summary>
    private static readonly Dictionary<string, string> Packages = new() { [Python] = "python3", ["node"] = "nodejs", ["npm"] = "npm" };

    [Theory]
    [InlineData("hello, tunnel")]
    [InlineData("ünïcödé ☃ and rather more than thirty-two bytes of it")]
    public async Task Script_with_only_a_socket_makes_a_unary_call(string text)
    {
        await using LabServer server = await LabServer.StartAsync();

        string reply = await RunAsync(
            Python,
            AppContext.BaseDirectory,
            "peers/python/unary_call.py",
            "127.0.0.1",
            server.Port.ToString(CultureInfo.InvariantCulture),
            "/tunnel",
            "TunnelRpc.Lab.ILabService",
            "EchoAsync",
            text);

        reply.Trim().ShouldBe(text);
    }

    [Fact]
    public async Task Script_with_only_a_socket_that_calls_an_unknown_method_gets_the_error()
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
        error.Message.ShouldContain("The server serves no method with the id");
    }

    [Fact]
    public async Task Server_sends_requests_to_the_reverse_http_package_of_npm()
    {
        string directory = Path.Combine(AppContext.BaseDirectory, "peers", "reverse-http");
        // "npm ci" installs the exact versions of the lock file, and fails if it does not match package.json.
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

        // Kills the peer if the server's side does not finish: its last request makes the peer exit.
        using var hang = new CancellationTokenSource(HangTimeout / 2);
        string programOutput = await RunAsync("node", directory, hang.Token, "peer.js", new Uri(server.Address, "/peers").ToString());
        string result = await server.Peers.Reader.ReadAsync(hang.Token);

        result.ShouldBe($"hello from node; {(int)HttpStatusCode.NotFound}; SHOUT THIS; bye");
        programOutput.ShouldContain("POST /echo 10");
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
            throw new InvalidOperationException($"{program} did not exit. Its output: {await standardOutput}{await standardError}", error);
        }

        string programOutput = await standardError;
        output.WriteLine(programOutput);
        return process.ExitCode == 0
            ? await standardOutput
            : throw new InvalidOperationException($"{program} exited with {process.ExitCode}: {programOutput}");
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
