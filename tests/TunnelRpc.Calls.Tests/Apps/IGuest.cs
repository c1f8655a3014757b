namespace TunnelRpc.Calls.Tests.Apps;

/// <summary>The contract of a client in tests of applications.</summary>
[TunnelService]
public partial interface IGuest
{
    Task<string> GreetAsync(string name, CancellationToken cancellationToken = default);

    [OneWay]
    ValueTask NoteAsync(string text);

    Task AcceptAsync(string text, CancellationToken cancellationToken = default);
}
