namespace TunnelRpc.Generators.Model;

internal enum MethodShape
{
    Unary,
    OneWay,
    ServerStreaming,
    ClientStreaming,
    DuplexStreaming,
}

/// <summary>One method of a contract.</summary>
/// <param name="Contract">The interface that declares it, from global::; a base of the contract for an inherited method.</param>
/// <param name="Name">Its C# name, escaped.</param>
/// <param name="Identifier">A name that no other method of the contract has.</param>
/// <param name="WireName">Its name on the wire.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="ReturnType">The return type as declared.</param>
/// <param name="ReturnsValueTask">ValueTask rather than Task.</param>
/// <param name="Result">The result or the elements that come back; null for nothing.</param>
/// <param name="Parameters">All parameters in order.</param>
/// <param name="Settings">What attributes say of it beside.</param>
internal sealed record MethodModel(
    string Contract,
    string Name,
    string Identifier,
    string WireName,
    MethodShape Shape,
    string ReturnType,
    bool ReturnsValueTask,
    ValueModel? Result,
    EquatableArray<ParameterModel> Parameters,
    MethodSettings Settings);
