using System.Diagnostics;
using System.Text;

namespace TunnelRpc.Cli.Tests.Gateway;

/// <summary>The built tool on a terminal of 160 columns, which the program "script" of util-linux makes. Linux only.</summary>
internal sealed class TerminalProcess : IAsyncDisposable
{
    public const string Program = "/usr/bin/script";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly StringBuilder _received = new();

    private TerminalProcess(Process process) => _process = process;

    public static TerminalProcess Start(params string[] arguments)
    {
        string command = string.Join(' ', arguments.Prepend(typeof(CommandLine).Assembly.Location).Select(a => $"'{a}'"));
        var start = new ProcessStartInfo(Program)
        {
            ArgumentList = { "--quiet", "--return", "--command", $"stty cols 160 rows 50; exec dotnet {command}", "/dev/null" },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment["TERM"] = "xterm-256color";

        // With these, the library of the table expects a log in place of a terminal.
        start.Environment.Remove("GITHUB_ACTIONS");
        start.Environment.Remove("TF_BUILD");
        return new TerminalProcess(Process.Start(start)!);
    }

    /// <summary>Reads until the text has appeared; returns what was read since the last call, to the end of the text.</summary>
    public async Task<string> ReadUntilAsync(string text)
    {
        char[] buffer = new char[4096];
        while (true)
        {
            string all = _received.ToString();
            int index = all.IndexOf(text, StringComparison.Ordinal);
            if (index >= 0)
            {
                index += text.Length;
                _received.Remove(0, index);
                return all[..index];
            }

            int count = await _process.StandardOutput.ReadAsync(buffer.AsMemory()).AsTask().WaitAsync(Limit);
            count.ShouldBeGreaterThan(0, $"Expected \"{text}\", got the end after: {all}");
            _received.Append(buffer, 0, count);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
