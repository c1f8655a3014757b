using System.ComponentModel;
using System.IO.Pipelines;
using TunnelRpc.Serialization;

namespace TunnelRpc.References;

/// <summary>Passes a <see cref="PipeReader"/> by reference. The peer reads from it, with backpressure.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class PipeReaderFormatter : ITunnelFormatter<PipeReader>
{
    /// <summary>The shared instance.</summary>
    public static readonly PipeReaderFormatter Instance = new();

    private PipeReaderFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, PipeReader value)
    {
        ArgumentNullException.ThrowIfNull(value);
        ReferenceScope references = ReferenceScope.Require(writer.Scope, "a PipeReader");
        writer.Write(references.Export(IByteSource.Methods, new StreamByteSource(value.AsStream())));
    }

    /// <inheritdoc/>
    public PipeReader Read(ref MessagePackReader reader)
    {
        ReferenceScope references = ReferenceScope.Require(reader.Scope, "a PipeReader");
        return PipeReader.Create(new RemoteReadStream(references.Import(reader.ReadInt64())));
    }
}
