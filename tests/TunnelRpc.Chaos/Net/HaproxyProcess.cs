using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TunnelRpc.Chaos.Hosting;

namespace TunnelRpc.Chaos.Net;

/// <summary>A real HAProxy in master-worker mode, as used for reloads in production. It is killed by its process id.</summary>
internal sealed class HaproxyProcess : IAsyncDisposable
{
    private const string Executable = "/usr/sbin/haproxy";

    /// <summary>The line that HAProxy writes when a worker runs, at its start and after each reload.</summary>
    private const string LoadedMessage = "Loading success.";

    /// <summary>The time for a reload to take effect before the signal is sent again.</summary>
    private static readonly TimeSpan ReloadTimeout = TimeSpan.FromSeconds(3);

    private readonly string _directory = Directory.CreateTempSubdirectory("tunnelrpc-chaos-").FullName;
    private readonly Process _process;

    // Guarded by a lock on itself.
    private readonly StringBuilder _output = new();

    private HaproxyProcess(int port, int upstream)
    {
        Address = new Uri($"http://127.0.0.1:{port}");
        string configuration = Path.Combine(_directory, "haproxy.cfg");
        File.WriteAllText(configuration, string.Create(CultureInfo.InvariantCulture, $"""
            # As in the first example of the manual, but old workers must close their connections within 0.5 s of a reload.
            global
                maxconn 512
                hard-stop-after 500ms
            defaults
                mode http
                timeout connect 5s
                timeout client 50s
                timeout server 50s
                timeout tunnel 1h
            frontend front
                bind 127.0.0.1:{port}
                default_backend app
            backend app
                server app 127.0.0.1:{upstream}

            """));
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(Executable, ["-W", "-db", "-f", configuration])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            },
        };
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public Uri Address { get; }

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static async Task<HaproxyProcess> StartAsync(int upstream)
    {
        if (!File.Exists(Executable))
        {
            throw new InvalidOperationException($"This test needs {Executable}: apt-get install haproxy.");
        }

        var proxy = new HaproxyProcess(FreePort.Find(), upstream);
        using var hang = new CancellationTokenSource(ChaosRun.HangTimeout);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, proxy.Address.Port, hang.Token);
                break;
            }
            catch (SocketException) when (!proxy._process.HasExited)
            {
                await poll.WaitForNextTickAsync(hang.Token);
            }
        }

        // The port is open before the master handles signals.
        while (proxy.LoadCount == 0)
        {
            await poll.WaitForNextTickAsync(hang.Token);
        }

        return proxy;
    }

    /// <summary>
    /// Reloads the configuration: a new worker takes over the port, and the old one ends 0.5 s later with all its connections. The signal
    /// is sent again if it has no effect: the master re-executes itself after each load, and a signal that arrives during that time is
    /// lost.
    /// </summary>
    public async Task ReloadAsync()
    {
        int before = LoadCount;
        using var hang = new CancellationTokenSource(ChaosRun.HangTimeout);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (LoadCount == before)
        {
            await SignalReloadAsync();
            long signalled = Stopwatch.GetTimestamp();
            while (LoadCount == before && Stopwatch.GetElapsedTime(signalled) < ReloadTimeout)
            {
                await poll.WaitForNextTickAsync(hang.Token);
            }
        }
    }

    /// <summary>Sends a signal to the workers, which have the connections, for instance STOP.</summary>
    public async Task SignalWorkersAsync(string signal)
    {
        string id = _process.Id.ToString(CultureInfo.InvariantCulture);
        string children = await File.ReadAllTextAsync($"/proc/{id}/task/{id}/children");
        using Process kill = Process.Start("kill", [$"-{signal}", .. children.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        await kill.WaitForExitAsync();
        kill.ExitCode.ShouldBe(0, Output);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private int LoadCount => Output.Split(LoadedMessage).Length - 1;

    private async Task SignalReloadAsync()
    {
        using Process kill = Process.Start("kill", ["-USR2", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        if (kill.ExitCode != 0)
        {
            throw new InvalidOperationException($"HAProxy does not run any more. Its output: {Output}");
        }
    }

    private void Append(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}
