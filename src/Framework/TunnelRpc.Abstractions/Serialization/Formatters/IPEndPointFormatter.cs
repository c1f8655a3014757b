using System.ComponentModel;
using System.Net;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an <see cref="IPEndPoint"/> as an array of two elements: the address as text, and the port.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class IPEndPointFormatter : ITunnelFormatter<IPEndPoint>
{
    /// <summary>The shared instance.</summary>
    public static readonly IPEndPointFormatter Instance = new();

    private IPEndPointFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, IPEndPoint value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(IPEndPoint));
        }

        writer.IncrementDepth();
        writer.WriteArrayHeader(2);
        IPAddressFormatter.Instance.Write(ref writer, value.Address);
        writer.Write(value.Port);
        writer.DecrementDepth();
    }

    /// <inheritdoc/>
    public IPEndPoint Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(IPEndPoint));
        reader.IncrementDepth();
        ElementCount.ReadExact(ref reader, 2, "an IPEndPoint");
        IPEndPoint value = new(IPAddressFormatter.Instance.Read(ref reader), reader.ReadUInt16());
        reader.DecrementDepth();
        return value;
    }
}
