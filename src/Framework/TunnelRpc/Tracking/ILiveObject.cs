namespace TunnelRpc.Tracking;

/// <summary>An object that can describe its state for diagnosis, see <see cref="LiveObjects"/>.</summary>
/// <remarks>
/// Guarantees of the implementation: it may be called by any thread at any time, does not wait for I/O, runs no code of the application,
/// changes nothing and does not throw. It may take the locks of the object.
/// </remarks>
internal interface ILiveObject
{
    /// <summary>Whether the object has ended, so that its state explains nothing any more.</summary>
    bool IsEnded { get; }

    /// <summary>The state in one or more lines, without a line break at the end.</summary>
    string DescribeState();
}
