using System.ComponentModel;
using System.IO.Pipelines;
using TunnelRpc.Serialization;

namespace TunnelRpc.References;

/// <summary>Passes a <see cref="PipeWriter"/> by reference. The peer writes to it, with backpressure.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class PipeWriterFormatter : ITunnelFormatter<PipeWriter>
{
    /// <summary>The shared instance.</summary>
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
