using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>
/// The metadata of CALL, REPLY and END: one MessagePack map with small integers as keys, before the arguments or the result. Immutable.
/// </summary>
internal sealed record CallMetadata
{
    private const int TimeoutKey = 1;
    private const int HeadersKey = 2;
    private const int PriorityKey = 3;
    private const int ReferenceIdKey = 4;
    private const int ChainIdKey = 5;
    private const int HeldServicesKey = 6;
    private const int ChainDepthKey = 7;
    private const int ReferenceCountKey = 8;

    // A limit for hostile peers: no real chain holds this many services at once.
    private const int MaxHeldServices = 64;

    // A limit for hostile peers: a deeper chain is counted as this deep.
    private const int MaxChainDepth = 1 << 20;

    /// <summary>The time that the caller waits for the reply; null for any time.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The headers of a call, or the trailers of a reply; null for none.</summary>
    public TunnelHeaders? Headers { get; init; }

    /// <summary>The priority with which the callee sends its messages of the call.</summary>
    public TunnelPriority Priority { get; init; }

    /// <summary>The id of the object that is called, if the callee passed it by reference; 0 for a service of the callee.</summary>
    public long ReferenceId { get; init; }

    /// <summary>The id of the chain that the call belongs to; 0 for none.</summary>
    public ulong ChainId { get; init; }

    /// <summary>The calls of the chain that wait for this one; 0 without a chain.</summary>
    public int ChainDepth { get; init; }

    /// <summary>The names of the services and objects of the caller that the chain holds under ordered dispatch.</summary>
    public IReadOnlyList<string> HeldServices { get; init; } = [];

    /// <summary>
    /// The number of references that the message passes, or all items of the stream that it ends; 0 in the CALL of a call with a reply.
    /// With it, the receiver notices references that it has not read, because its contract has no such member.
    /// </summary>
    public ulong ReferenceCount { get; init; }

    /// <summary>Whether nothing would be written; the message is then sent without metadata.</summary>
    public bool IsEmpty =>
        Timeout is null && Headers is not { Count: > 0 } && Priority == TunnelPriority.Normal
        && ReferenceId == 0 && ChainId == 0 && ReferenceCount == 0;

    /// <summary>Writes the map; only the keys that have a value.</summary>
    public void Write(ref MessagePackWriter writer)
    {
        bool hasHeaders = Headers is { Count: > 0 };
        bool hasPriority = Priority != TunnelPriority.Normal;
        bool hasHeldServices = HeldServices.Count > 0;
        writer.WriteMapHeader(
            (Timeout is null ? 0 : 1) + (hasHeaders ? 1 : 0) + (hasPriority ? 1 : 0)
            + (ReferenceId == 0 ? 0 : 1) + (ChainId == 0 ? 0 : 2) + (hasHeldServices ? 1 : 0)
            + (ReferenceCount == 0 ? 0 : 1));
        if (Timeout is TimeSpan timeout)
        {
            // A relative time, because the clocks of the two sides may differ.
            writer.Write(TimeoutKey);
            writer.Write((ulong)Math.Ceiling(timeout.TotalMilliseconds));
        }

        if (hasHeaders)
        {
            writer.Write(HeadersKey);
            writer.WriteMapHeader(Headers!.Count);
            foreach ((string name, string value) in Headers)
            {
                writer.Write(name);
                writer.Write(value);
            }
        }

        if (hasPriority)
        {
            writer.Write(PriorityKey);
            writer.Write((int)Priority);
        }

        if (ReferenceId != 0)
        {
            writer.Write(ReferenceIdKey);
            writer.Write(ReferenceId);
        }

        if (ChainId != 0)
        {
            writer.Write(ChainIdKey);
            writer.Write(ChainId);
            writer.Write(ChainDepthKey);
            writer.Write(ChainDepth);
        }

        if (hasHeldServices)
        {
            writer.Write(HeldServicesKey);
            writer.WriteArrayHeader(HeldServices.Count);
            foreach (string name in HeldServices)
            {
                writer.Write(name);
            }
        }

        if (ReferenceCount != 0)
        {
            writer.Write(ReferenceCountKey);
            writer.Write(ReferenceCount);
        }
    }

    /// <summary>Reads the map. Unknown keys are skipped; a timeout above the maximum is cut to it; an unknown priority is normal.</summary>
    /// <exception cref="MessagePackException">The data is no map, or the value of a known key is invalid.</exception>
    public static CallMetadata Read(ref MessagePackReader reader)
    {
        TimeSpan? timeout = null;
        TunnelHeaders? headers = null;
        var priority = TunnelPriority.Normal;
        long referenceId = 0;
        ulong chainId = 0;
        int chainDepth = 0;
        IReadOnlyList<string> heldServices = [];
        ulong referenceCount = 0;
        int count = reader.ReadMapHeader();
        for (int i = 0; i < count; i++)
        {
            if (reader.NextType != MessagePackType.Integer)
            {
                reader.Skip();
                reader.Skip();
                continue;
            }

            switch (reader.ReadUInt64())
            {
                case TimeoutKey:
                    ulong milliseconds = reader.ReadUInt64();
                    timeout = milliseconds < TunnelCallOptions.MaxTimeout.TotalMilliseconds
                        ? TimeSpan.FromMilliseconds(milliseconds)
                        : TunnelCallOptions.MaxTimeout;
                    break;
                case HeadersKey:
                    headers = ReadHeaders(ref reader);
                    break;
                case PriorityKey:
                    priority = reader.ReadUInt64() switch
                    {
                        1 => TunnelPriority.High,
                        2 => TunnelPriority.Low,
                        _ => TunnelPriority.Normal,
                    };
                    break;
                case ReferenceIdKey:
                    referenceId = reader.ReadInt64();
                    break;
                case ChainIdKey:
                    chainId = reader.ReadUInt64();
                    break;
                case ChainDepthKey:
                    chainDepth = (int)Math.Min(reader.ReadUInt64(), MaxChainDepth);
                    break;
                case HeldServicesKey:
                    heldServices = ReadHeldServices(ref reader);
                    break;
                case ReferenceCountKey:
                    referenceCount = reader.ReadUInt64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new CallMetadata
        {
            Timeout = timeout,
            Headers = headers,
            Priority = priority,
            ReferenceId = referenceId,
            ChainId = chainId,
            ChainDepth = chainDepth,
            HeldServices = heldServices,
            ReferenceCount = referenceCount,
        };
    }

    private static string[] ReadHeldServices(ref MessagePackReader reader)
    {
        int count = reader.ReadArrayHeader();
        if (count > MaxHeldServices)
        {
            throw new MessagePackException($"Expected a chain of calls to hold at most {MaxHeldServices} services, got {count}.");
        }

        string[] names = new string[count];
        for (int i = 0; i < count; i++)
        {
            names[i] = reader.ReadString();
        }

        return names;
    }

    private static TunnelHeaders ReadHeaders(ref MessagePackReader reader)
    {
        var headers = new TunnelHeaders();
        int count = reader.ReadMapHeader();
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadString();
            if (name.Length == 0)
            {
                throw new MessagePackException("Expected headers with names, got one with an empty name.");
            }

            headers[name] = reader.ReadString();
        }

        return headers.Freeze();
    }
}
