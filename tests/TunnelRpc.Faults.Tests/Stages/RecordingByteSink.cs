using System.Text;
using TunnelRpc.Testing.Faults.Stages;

namespace TunnelRpc.Faults.Tests.Stages;

/// <summary>Keeps the pieces that come, as text; "|" stands for the end.</summary>
internal sealed class RecordingByteSink : IStageSink
{
    public List<string> Chunks { get; } = [];

    public string Text => string.Concat(Chunks);

    public ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        Chunks.Add(Encoding.Latin1.GetString(piece.Span));
        return ValueTask.CompletedTask;
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        Chunks.Add("|");
        return ValueTask.CompletedTask;
    }
}
