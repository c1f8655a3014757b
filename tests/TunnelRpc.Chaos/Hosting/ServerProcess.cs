using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;

namespace TunnelRpc.Chaos.Hosting;

/// <summary>The server in its own process, which is killed by its process id.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource<bool> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guarded by a lock on itself.
    private readonly StringBuilder _output = new();

    private ServerProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => OnLine(line.Data);
        _process.ErrorDataReceived += (_, line) => OnLine(line.Data);
        _process.Exited += (_, _) => _listening.TrySetResult(false);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

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

    /// <summary>Starts the server and waits until it listens.</summary>
    /// <param name="address">The end point on which it listens.</param>
    /// <param name="journal">The file in which the server records its calls.</param>
    /// <param name="commandPrefix">A prefix for the command, for example to run it in a network namespace.</param>
    public static async Task<ServerProcess> StartAsync(IPEndPoint address, string journal, params string[] commandPrefix)
    {
        string[] command =
        [
            .. commandPrefix,
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            typeof(ServerProcess).Assembly.Location,
            address.Address.ToString(),
            address.Port.ToString(CultureInfo.InvariantCulture),
            journal,
        ];
        var server = new ServerProcess(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
        if (await server._listening.Task.WaitAsync(ChaosRun.HangTimeout))
        {
            return server;
        }

        string output = server.Output;
        await server.DisposeAsync();
        throw new InvalidOperationException($"The server did not start on {address}. Its output: {output}");
    }

    /// <summary>Sends a signal by its name, for instance STOP, which stops the process until CONT.</summary>
    public async Task SignalAsync(string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        kill.ExitCode.ShouldBe(0);
    }

    /// <summary>Kills the process, without a shutdown.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private void OnLine(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }

        if (line == ServerProgram.Ready)
        {
            _listening.TrySetResult(true);
        }
    }
}
