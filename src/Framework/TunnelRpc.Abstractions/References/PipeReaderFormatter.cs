using TunnelRpc.Serialization;
using System.IO.Pipelines;

namespace TunnelRpc.References;

/// <summary>A pipe's reader, by reference: the other side reads from it, with back-pressure.</summary>
public sealed class PipeReaderFormatter : ITunnelFormatter<PipeReader>
{
    /// <summary>The one instance.</summary>
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
