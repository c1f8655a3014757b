using TunnelRpc.Serialization;
using System.IO.Pipelines;

namespace TunnelRpc.References;

/// <summary>A pipe's writer, by reference: the other side writes into it, with back-pressure.</summary>
public sealed class PipeWriterFormatter : ITunnelFormatter<PipeWriter>
{
    /// <summary>The one instance.</summary>
    public static readonly PipeWriterFormatter Instance = new();

    private PipeWriterFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, PipeWriter value)
    {
        ArgumentNullException.ThrowIfNull(value);
        ReferenceScope references = ReferenceScope.Require(writer.Scope, "a PipeWriter");
        writer.Write(references.Export(IByteSink.Methods, new StreamByteSink(value.AsStream())));
    }

    /// <inheritdoc/>
    public PipeWriter Read(ref MessagePackReader reader)
    {
        ReferenceScope references = ReferenceScope.Require(reader.Scope, "a PipeWriter");
        PipeWriter pipe = PipeWriter.Create(new RemoteWriteStream(references.Import(reader.ReadInt64())));
        references.CompleteBeforeReply(new PipeWriterCompletion(pipe));
        return pipe;
    }
}
