using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace TunnelRpc.Gateway.Peers;

/// <summary>
/// A program as a process of its own, whose input and outputs are pipes. Disposal kills it by its id. For one caller at a time.
/// </summary>
internal sealed class ProgramProcess : IAsyncDisposable
{
    /// <summary>Turns a hang into a failure: far above the duration of any step, also on a slow machine.</summary>
    public static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(150);

    /// <summary>The Debian package of each program, for the message when the program is missing.</summary>
    private static readonly Dictionary<string, string> Packages = new() { ["python3"] = "python3", ["node"] = "nodejs", ["npm"] = "npm" };

    private readonly Process _process;
    private readonly Task<string> _error;

    private ProgramProcess(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>The folder with the scripts.</summary>
    public static string Scripts => Path.Combine(AppContext.BaseDirectory, "Peers");

    public bool HasExited => _process.HasExited;

    /// <summary>Starts a Python script of the folder "Peers".</summary>
    public static ProgramProcess StartPython(string script, params string[] arguments) =>
        Start("python3", Scripts, [Path.Combine(Scripts, script), .. arguments]);

    public static ProgramProcess Start(string program, string directory, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        start.Environment["PYTHONUTF8"] = "1";
        try
        {
            return new ProgramProcess(Process.Start(start)!);
        }
        catch (Win32Exception error)
        {
            string remedy = Packages.TryGetValue(program, out string? package) ? $"apt-get install {package}" : "install it";
            throw new InvalidOperationException($"These tests need {program}: {remedy}.", error);
        }
    }

    /// <summary>Reads a line of the output. Fails, with the error output, when the program has ended.</summary>
    public async Task<string> ReadLineAsync() =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(HangTimeout) ?? throw await DescribeEndAsync();

    /// <summary>Reads lines until one reports the event; skips other events.</summary>
    public async Task<JsonElement> ReadEventAsync(string name)
    {
        while (true)
        {
            JsonElement happened = JsonDocument.Parse(await ReadLineAsync()).RootElement;
            if (happened.GetProperty("event").GetString() == name)
            {
                return happened;
            }
        }
    }

    /// <summary>Permits one response to a request for "/held".</summary>
    public async Task PermitAsync()
    {
        await _process.StandardInput.WriteLineAsync("go").WaitAsync(HangTimeout);
        await _process.StandardInput.FlushAsync().WaitAsync(HangTimeout);
    }

    /// <summary>Waits until the program has ended by itself; returns its exit code and the rest of its output.</summary>
    public async Task<(int ExitCode, string Output, string Error)> EndAsync()
    {
        string output = await _process.StandardOutput.ReadToEndAsync().WaitAsync(HangTimeout);
        string error = await _error.WaitAsync(HangTimeout);
        await _process.WaitForExitAsync().WaitAsync(HangTimeout);
        return (_process.ExitCode, output, error);
    }

    /// <summary>Kills the program, which closes its connections.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync().WaitAsync(HangTimeout);
    }

    /// <summary>Describes a program that has ended although it should not.</summary>
    public async Task<InvalidOperationException> DescribeEndAsync()
    {
        (int code, string output, string error) = await EndAsync();
        return new InvalidOperationException($"The program has ended with exit code {code}. Its output: {output}{error}");
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }
}
