using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace TunnelRpc.Load.Running;

/// <summary>
/// The input from the parent process. It closes when the parent process ends, whatever the reason, and then this process must end too.
/// </summary>
[SuppressMessage(
    "Reliability",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "It lives as long as the process.")]
internal sealed class ParentInput
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    private readonly CancellationTokenSource _closed = new();

    private ParentInput()
    {
    }

    /// <summary>The lines of the input, until it closes.</summary>
    public IAsyncEnumerable<string> Lines => _lines.Reader.ReadAllAsync();

    /// <summary>Cancelled when the input closes.</summary>
    public CancellationToken Closed => _closed.Token;

    /// <summary>Starts reading. A process calls it once.</summary>
    public static ParentInput Open()
    {
        var input = new ParentInput();
        new Thread(input.Read) { IsBackground = true }.Start();
        return input;
    }

    /// <summary>Ignores an interrupt of the terminal. All its processes receive it, and the parent decides what happens.</summary>
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
