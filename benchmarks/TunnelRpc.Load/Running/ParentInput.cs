using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace TunnelRpc.Load.Running;

/// <summary>What the process that started this one writes to it. It ends when that process does, in whatever way, and so must this one.</summary>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "It lives as long as the process.")]
internal sealed class ParentInput
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    private readonly CancellationTokenSource _closed = new();

    private ParentInput()
    {
    }

    /// <summary>The lines.</summary>
    public IAsyncEnumerable<string> Lines => _lines.Reader.ReadAllAsync();

    /// <summary>Cancelled at the end.</summary>
    public CancellationToken Closed => _closed.Token;

    /// <summary>Begins to read. Once in a process.</summary>
    public static ParentInput Open()
    {
        var input = new ParentInput();
        new Thread(input.Read) { IsBackground = true }.Start();
        return input;
    }

    /// <summary>Leaves it to the parent what an interrupt at the terminal, which reaches every process there, means.</summary>
    public static void IgnoreInterrupts() => Console.CancelKeyPress += (_, interrupt) => interrupt.Cancel = true;

    private void Read()
    {
        while (Console.ReadLine() is { } line)
        {
            _lines.Writer.TryWrite(line);
        }

        _lines.Writer.Complete();
        _closed.Cancel();
    }
}
