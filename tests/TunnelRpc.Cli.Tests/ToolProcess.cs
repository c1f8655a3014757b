using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace TunnelRpc.Cli.Tests;

/// <summary>The built tool as a process of its own; its outputs are pipes.</summary>
internal sealed class ToolProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _error;

    private ToolProcess(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
    }

    public static ToolProcess Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.ArgumentList.Add(typeof(CommandLine).Assembly.Location);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return new ToolProcess(Process.Start(start)!);
    }

    /// <summary>Starts the tool in a shell that limits its file descriptors.</summary>
    public static ToolProcess StartWithDescriptors(int descriptors, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"ulimit -n {descriptors}; exec dotnet \"$0\" \"$@\"");
        start.ArgumentList.Add(typeof(CommandLine).Assembly.Location);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return new ToolProcess(Process.Start(start)!);
    }

    public Task<string?> ReadLineAsync() => _process.StandardOutput.ReadLineAsync().WaitAsync(Limit);

    /// <summary>Sends the signal of Ctrl-C (SIGINT) or of a service manager (SIGTERM).</summary>
    public void Terminate(PosixSignal signal) =>
        Process.Start("kill", [signal == PosixSignal.SIGTERM ? "-TERM" : "-INT", $"{_process.Id}"])!.Dispose();

    /// <summary>Sends a signal by its name, for instance STOP, which stops the process until CONT.</summary>
    public async Task SignalAsync(string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"])!;
        await kill.WaitForExitAsync().WaitAsync(Limit);
        kill.ExitCode.ShouldBe(0);
    }

    /// <summary>Waits until the process has exited; returns the output that was not read yet.</summary>
    public async Task<CommandResult> EndAsync()
    {
        string output = await _process.StandardOutput.ReadToEndAsync().WaitAsync(Limit);
        string error = await _error.WaitAsync(Limit);
        await _process.WaitForExitAsync().WaitAsync(Limit);
        return new CommandResult(_process.ExitCode, output, error);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
