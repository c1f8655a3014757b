using System.Text;
using TunnelRpc.Testing.Faults.Stages;

namespace TunnelRpc.Faults.Tests.Stages;

/// <summary>Keeps the pieces that come, as text; "|" stands for the end.</summary>
internal sealed class RecordingSink : IPieceSink
{
    public List<string> Pieces { get; } = [];

    public string Text => string.Concat(Pieces);

    public ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        Pieces.Add(Encoding.Latin1.GetString(piece.Span));
        return ValueTask.CompletedTask;
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        Pieces.Add("|");
        return ValueTask.CompletedTask;
    }
}
