namespace TunnelRpc.Calls.Tests.InMemory;

/// <summary>A service of the application that a test replaces.</summary>
internal interface IGreeter
{
    string Greet(string name);
}
