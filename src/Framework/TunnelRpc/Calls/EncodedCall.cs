using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

// Decision: docs/adr/0068-broadcasts-are-encoded-once.md
/// <summary>A one-way call that was encoded once, for several sessions. Immutable.</summary>
internal sealed class EncodedCall
{
    private readonly TunnelMethod _method;
    private readonly int _argumentsOffset;

    private EncodedCall(TunnelMethod method, CallSettings? settings, SharedMessage message, FrameFlags flags, int argumentsOffset)
    {
        _method = method;
        Settings = settings;
        Message = message;
        Flags = flags;
        _argumentsOffset = argumentsOffset;
    }

    /// <summary>The settings of the call; null for none.</summary>
    public CallSettings? Settings { get; }

    /// <summary>The message.</summary>
    public SharedMessage Message { get; }

    /// <summary>The flags of its CALL, without Compressed.</summary>
    public FrameFlags Flags { get; }

    /// <summary>Whether calls of the method keep their order on a session.</summary>
    public bool IsOrdered => _method.IsOrdered;

    /// <summary>Encodes a call. Runs code of the application (getters, formatters), so the caller holds no lock.</summary>
    /// <param name="method">The method. It passes no references.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="settings">The settings of the call; null for none.</param>
    /// <param name="limit">The MaxMessageSize of this side.</param>
    /// <exception cref="TunnelException">The arguments cannot be sent; the outcome is NotSent.</exception>
    public static EncodedCall Create<TService, TArgs>(OneWayMethod<TService, TArgs> method, TArgs args, CallSettings? settings, int limit)
        where TService : class
    {
        MessageBuffer buffer = MessageBuffer.Rent(limit);
        try
        {
            CallMetadata? metadata = settings?.Metadata;
            CallBody.WriteHead(buffer, method, metadata, 0);
            int argumentsOffset = buffer.Length;
            buffer.Clear();
            CallBody.Write(buffer, method, metadata, method.ArgumentsFormatter, args, references: null);
            return new EncodedCall(
                method, settings, new SharedMessage(buffer.WrittenSpan.ToArray()), FlagsFor(metadata), argumentsOffset);
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>The same call in a new chain: see <see cref="CallSettings.WithNewChain"/>.</summary>
    public EncodedCall InNewChain(int limit)
    {
        CallSettings settings = CallSettings.WithNewChain(Settings);
        MessageBuffer buffer = MessageBuffer.Rent(limit);
        try
        {
            CallBody.WriteHead(buffer, _method, settings.Metadata, 0);
            int argumentsOffset = buffer.Length;
            System.Buffers.BuffersExtensions.Write(buffer, Message.Plain.Span[_argumentsOffset..]);
            return new EncodedCall(
                _method,
                settings,
                new SharedMessage(buffer.WrittenSpan.ToArray()),
                FlagsFor(settings.Metadata),
                argumentsOffset);
        }
        finally
        {
            buffer.Return();
        }
    }

    private static FrameFlags FlagsFor(CallMetadata? metadata) =>
        FrameFlags.OneWay | FrameFlags.End | (metadata is null ? FrameFlags.None : FrameFlags.Metadata);
}
