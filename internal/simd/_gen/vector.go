package main

func (m *machine) vectors() {}
