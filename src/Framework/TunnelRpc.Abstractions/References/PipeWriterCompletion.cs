using System.IO.Pipelines;

namespace TunnelRpc.References;

/// <summary>Completes a <see cref="PipeWriter"/> on disposal, which flushes it and disposes the stream that it writes to.</summary>
internal sealed class PipeWriterCompletion(PipeWriter pipe) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => pipe.CompleteAsync();
}
