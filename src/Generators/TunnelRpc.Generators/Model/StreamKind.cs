namespace TunnelRpc.Generators.Model;

/// <summary>How a contract declares a stream of items. Calls have an IAsyncEnumerable, to which the other kinds are converted.</summary>
internal enum StreamKind
{
    /// <summary>IAsyncEnumerable.</summary>
    AsyncEnumerable,

    /// <summary>IObservable.</summary>
    Observable,

    /// <summary>ChannelReader.</summary>
    ChannelReader,
}
