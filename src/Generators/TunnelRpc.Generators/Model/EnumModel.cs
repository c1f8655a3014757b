namespace TunnelRpc.Generators.Model;

/// <summary>An enum in a contract.</summary>
/// <param name="Name">The name in facts about the contract.</param>
/// <param name="Underlying">The wire type of its numbers.</param>
/// <param name="Values">The values, in the order of their declaration.</param>
internal sealed record EnumModel(string Name, string Underlying, EquatableArray<EnumValueModel> Values);

/// <summary>A value of an enum.</summary>
/// <param name="Name">The name.</param>
/// <param name="Number">The number, in decimal digits.</param>
internal sealed record EnumValueModel(string Name, string Number);
