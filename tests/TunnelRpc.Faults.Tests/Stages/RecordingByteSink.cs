using System.Text;
using TunnelRpc.Testing.Faults.Stages;

namespace TunnelRpc.Faults.Tests.Stages;

/// <summary>Records the received chunks as text. "|" represents the end.</summary>
internal sealed class RecordingByteSink : IStageSink
{
    public List<string> Chunks { get; } = [];

    public string Text => string.Concat(Chunks);

    public ValueTask WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        Chunks.Add(Encoding.Latin1.GetString(chunk.Span));
        return ValueTask.CompletedTask;
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        Chunks.Add("|");
        return ValueTask.CompletedTask;
    }
}
