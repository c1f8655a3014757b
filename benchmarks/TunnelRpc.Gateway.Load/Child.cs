using System.Diagnostics;

namespace TunnelRpc.Gateway.Load;

/// <summary>This program as a child process, in another role.</summary>
internal sealed class Child : IAsyncDisposable
{
    private readonly Process _process;

    private Child(Process process, string ready)
    {
        _process = process;
        Ready = ready;
    }

    /// <summary>The line that the child has printed when it was ready: its address.</summary>
    public string Ready { get; }

    /// <summary>The memory of the process in bytes, as the operating system counts it (resident set).</summary>
    public long Memory
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public static async Task<Child> StartAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(Child).Assembly.Location);
        }

        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        Process process = Process.Start(start)!;
        string? ready = await process.StandardOutput.ReadLineAsync();
        return ready is not null
            ? new Child(process, ready)
            : throw new InvalidOperationException($"Expected {arguments[0]} to become ready, but it has exited.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
