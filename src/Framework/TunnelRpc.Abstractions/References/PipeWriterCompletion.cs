using System.IO.Pipelines;

namespace TunnelRpc.References;

/// <summary>Completes a pipe's writer, and with it the stream below.</summary>
internal sealed class PipeWriterCompletion(PipeWriter pipe) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => pipe.CompleteAsync();
}
