namespace TunnelRpc.Load.Contract;

/// <summary>The object that each measured call returns.</summary>
internal interface IEcho
{
    /// <summary>The id of <see cref="Sample.One"/>, unless the call returned something else.</summary>
    int Id { get; }
}
