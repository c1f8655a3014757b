using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>What travels beside the arguments of CALL, and beside the answer in REPLY and END: one map with small numbers as keys.</summary>
internal sealed record CallMetadata
{
    private const int TimeoutKey = 1;
    private const int HeadersKey = 2;
    private const int PriorityKey = 3;
    private const int ReferenceIdKey = 4;
    private const int ChainIdKey = 5;
    private const int HeldServicesKey = 6;

    // So many services at once nobody holds in one chain.
    private const int MaxHeldServices = 64;

    /// <summary>How long the caller waits.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Headers of a call, trailers of an answer.</summary>
    public TunnelHeaders? Headers { get; init; }

    public TunnelPriority Priority { get; init; }

    /// <summary>The object that is called, of those that the callee has passed; 0 for a service that it serves.</summary>
    public long ReferenceId { get; init; }

    /// <summary>The chain that the call belongs to; 0 for none.</summary>
    public ulong ChainId { get; init; }

    /// <summary>What of the caller's own the chain holds, under ordered dispatch.</summary>
    public IReadOnlyList<string> HeldServices { get; init; } = [];

    /// <summary>Whether there is nothing to send.</summary>
    public bool IsEmpty => Timeout is null && Headers is not { Count: > 0 } && Priority == TunnelPriority.Normal && ReferenceId == 0 && ChainId == 0;

    public void Write(ref MessagePackWriter writer)
    {
        bool headers = Headers is { Count: > 0 };
        bool priority = Priority != TunnelPriority.Normal;
        bool held = HeldServices.Count > 0;
        writer.WriteMapHeader((Timeout is null ? 0 : 1) + (headers ? 1 : 0) + (priority ? 1 : 0) + (ReferenceId == 0 ? 0 : 1) + (ChainId == 0 ? 0 : 1) + (held ? 1 : 0));
        if (Timeout is TimeSpan deadline)
        {
            // The time that is left, not a time of day: the two clocks need not agree.
            writer.Write(TimeoutKey);
            writer.Write((ulong)Math.Ceiling(deadline.TotalMilliseconds));
        }

        if (headers)
        {
            writer.Write(HeadersKey);
            writer.WriteMapHeader(Headers!.Count);
            foreach ((string name, string value) in Headers)
            {
                writer.Write(name);
                writer.Write(value);
            }
        }

        if (priority)
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
        }

        if (held)
        {
            writer.Write(HeldServicesKey);
            writer.WriteArrayHeader(HeldServices.Count);
            foreach (string name in HeldServices)
            {
                writer.Write(name);
            }
        }
    }

    /// <summary>Reads what it knows, and skips the rest.</summary>
    /// <exception cref="MessagePackException">It is no map, or one of its known values is not what it should be.</exception>
    public static CallMetadata Read(ref MessagePackReader reader)
    {
        TimeSpan? deadline = null;
        TunnelHeaders? headers = null;
        var priority = TunnelPriority.Normal;
        long reference = 0;
        ulong chain = 0;
        IReadOnlyList<string> held = [];
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
                    deadline = milliseconds < TunnelCallOptions.MaxTimeout.TotalMilliseconds ? TimeSpan.FromMilliseconds(milliseconds) : TunnelCallOptions.MaxTimeout;
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
                    reference = reader.ReadInt64();
                    break;
                case ChainIdKey:
                    chain = reader.ReadUInt64();
                    break;
                case HeldServicesKey:
                    held = ReadHeldServices(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new CallMetadata { Timeout = deadline, Headers = headers, Priority = priority, ReferenceId = reference, ChainId = chain, HeldServices = held };
    }

    private static string[] ReadHeldServices(ref MessagePackReader reader)
    {
        int count = reader.ReadArrayHeader();
        if (count > MaxHeldServices)
        {
            throw new MessagePackException($"Expected a chain of calls to hold at most {MaxHeldServices} services, got {count}.");
        }

        string[] held = new string[count];
        for (int i = 0; i < count; i++)
        {
            held[i] = reader.ReadString();
        }

        return held;
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
                throw new MessagePackException("Expected headers with names, got one without.");
            }

            headers[name] = reader.ReadString();
        }

        return headers.Freeze();
    }
}
