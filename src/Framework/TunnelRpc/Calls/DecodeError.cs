using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>
/// Describes why items and results could not be decoded. The description may be sent to the peer, as the failure of a call that does not
/// catch it. It therefore quotes the codec, but no exception of the application, which is the inner exception.
/// </summary>
internal static class DecodeError
{
    public static string Describe(Exception error) => error is MessagePackException
        ? ForeignText.Escape(error.Message)
        : "a constructor or a setter of its type threw the inner exception.";
}
