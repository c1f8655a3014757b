using TunnelRpc.Serialization;

namespace TunnelRpc.MessagePack;

/// <summary>Creates the exceptions of reading with a formatter of the package.</summary>
internal static class BridgeFailure
{
    /// <summary>Creates the exception for the value at an offset. The path of the value is added where the offset is known.</summary>
    public static MessagePackException Create(int offset, string expected, string actual, Exception? cause = null)
    {
        string message = $"Expected {expected} at offset {offset}, got {actual}.";
        return cause is null
            ? new MessagePackException(message) { Offset = offset }
            : new MessagePackException(message, cause) { Offset = offset };
    }
}
