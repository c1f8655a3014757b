namespace TunnelRpc.Calls.Tests.Groups;

/// <summary>The contract that a member of a group serves.</summary>
[TunnelService]
public partial interface IMember
{
    Task<string> NameAsync(CancellationToken cancellationToken = default);

    [OneWay]
    ValueTask NoteAsync(string text);

    Task AcceptAsync(string text, CancellationToken cancellationToken = default);
}
